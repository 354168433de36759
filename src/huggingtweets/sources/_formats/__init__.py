"""File formats and protocols, most of them shared by several sources: zip, tar, tables, JSON, HTTP, dates."""
