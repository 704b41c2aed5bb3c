"""What the results look like: view models in one language, ready to be printed, and the templates that print them."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""Templates, style sheet and icon."""
