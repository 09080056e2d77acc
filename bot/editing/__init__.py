"""Tools for editors: what is due, a preview, schemas for text editors."""
