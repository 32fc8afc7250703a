"""Requests from readers and machines → the pages that every mail links to, served beside everything else."""
