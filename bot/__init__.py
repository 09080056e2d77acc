"""Bürger-Chatbot des kommunalen Jobcenters Landkreis Saarlouis."""

__version__ = "0.1.0"
