"""Converts files of subtitles to WebVTT: any encoding, the usual formats, tolerant of faults.

``python -m zapette_webapp.subtitles FILE [LANGUAGE]`` converts one; the web side runs it with limits on
its time and memory. It imports nothing of the web side's, so that it starts at once.
"""
