"""Sending responses: conditions and ranges, compression, headers and turns."""
