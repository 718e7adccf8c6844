"""Papers as files: what is to be on one is told once, in ``paper``; ``word`` makes a DOCX of it and ``pdf`` a PDF.

A new kind of paper is a module that returns a ``Paper``, beside ``proposal``; nothing else needs to know of it.
"""
