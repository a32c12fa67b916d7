"""Converts files of subtitles to WebVTT: any encoding, the usual formats, tolerant of faults.

``python -m zapette_webapp.subtitle_formats FILE FORM NUMBER LANGUAGE`` converts one. The web side
runs it with limits on time and memory; it imports nothing else of the web side's, so that it starts
at once.
"""
