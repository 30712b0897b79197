{
 "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
 "verificationMaterial": {
  "publicKey": {
   "hint": "00"
  },
  "tlogEntries": []
 },
 "dsseEnvelope": {
  "payload": "***",
  "payloadType": "application/vnd.in-toto+json",
  "signatures": [
   {
    "sig": "AAAA",
    "keyid": ""
   }
  ]
 }
}
