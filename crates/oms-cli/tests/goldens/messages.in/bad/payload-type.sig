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
  "payloadType": "text/plain",
  "signatures": [
   {
    "sig": "AAAA",
    "keyid": ""
   }
  ]
 }
}
