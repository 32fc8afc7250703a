"""What fetch.py stands on: which addresses may be asked, how they are reached, how answers are unpacked."""
