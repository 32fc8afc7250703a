"""Every query, by noun: each function takes a connection and gives back values of model.py."""
