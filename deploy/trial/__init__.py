"""The example: an organisation with a story, its people, and the whole suite around them on one machine."""
