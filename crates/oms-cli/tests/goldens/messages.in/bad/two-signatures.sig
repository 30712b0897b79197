{
 "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
 "verificationMaterial": {
  "publicKey": {
   "hint": "00"
  },
  "tlogEntries": []
 },
 "dsseEnvelope": {
  "payload": "e30=",
  "payloadType": "application/vnd.in-toto+json",
  "signatures": [
   {
    "sig": "AAAA"
   },
   {
    "sig": "AAAA"
   }
  ]
 }
}
