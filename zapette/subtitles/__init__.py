"""Files of subtitles as WebVTT: any encoding, any of the usual formats, and faults forgiven.

``python -m zapette.subtitles FILE [LANGUAGE]`` converts one; the web side runs it with limits on
its time and memory. It imports nothing of the web side's, so that it starts at once.
"""
