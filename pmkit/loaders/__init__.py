"""Loaders: the files of one source in, the events frame out. One source, one room."""
