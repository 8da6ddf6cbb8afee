"""HTTP that messengers call: account → verify → parse → intake → only then the answer."""
