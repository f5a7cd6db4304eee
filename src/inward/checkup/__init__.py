"""A model and an image, checked before anything long runs."""
