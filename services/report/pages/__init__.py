"""What the results look like: view models in one language, ready to be printed, and the templates that print them."""
