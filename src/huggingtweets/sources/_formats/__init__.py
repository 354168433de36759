"""Forms of files and services that several sources share: zip, tar, tables, JSON, HTTP, dates."""
