"""Finding things by their words, in Chinese and Latin script alike."""
