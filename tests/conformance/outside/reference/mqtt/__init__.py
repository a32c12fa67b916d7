"""Stands where Paho's reference broker would be."""
