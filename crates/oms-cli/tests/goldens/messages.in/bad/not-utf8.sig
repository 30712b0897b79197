{"mediaType": "ÿþ"}
