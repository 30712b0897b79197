{"mediaType": "a", "mediaType": "b"}
