"""Recipes: each family's file lists, in RECIPES, name -> function that fills a folder."""
