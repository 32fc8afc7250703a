"""A newsletter that picks its next article, renders it and sends it by itself."""
