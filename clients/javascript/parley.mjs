// Parley for a shop's server in JavaScript (Node 18 or newer), without a library.
// Copy it, or import it: signToken, readWebhook.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const base64url = (value) => Buffer.from(value).toString("base64url");

/**
 * A site token: who the visitor is and what they ordered, signed by your site.
 * @param {{id: string, kid: string, secret: string}} site as in [[sites]] of the server
 * @param {object} claims such as {sub, name, locale, order: {id, number, status, total, currency}}
 * @param {number} seconds how long it lives, at most 30 days
 */
export function signToken(site, claims, seconds = 3600, now = Date.now()) {
  if (Buffer.byteLength(site.secret) < 32) throw new RangeError("the secret needs 32 bytes");
  const iat = Math.floor(now / 1000);
  const head = base64url(JSON.stringify({ alg: "HS256", typ: "JWT", kid: site.kid }));
  const body = base64url(
    JSON.stringify({
      ...claims,
      iss: site.id,
      aud: "parley",
      iat,
      exp: iat + seconds,
      jti: claims.jti ?? randomBytes(16).toString("base64url"),
    }),
  );
  const signature = createHmac("sha256", site.secret).update(`${head}.${body}`).digest("base64url");
  return `${head}.${body}.${signature}`;
}

/**
 * The event of a webhook, once its signature and time are right; throws otherwise.
 * @param {string} secret of the webhook, as in the server's configuration
 * @param {Record<string, string>} headers with names in lower case, as Node has them
 * @param {Buffer|string} body as it came: do not parse it before
 */
export function readWebhook(secret, headers, body, now = Date.now()) {
  const id = headers["webhook-id"];
  const sent = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"] ?? "";
  if (!id || !/^\d{1,12}$/.test(sent ?? "")) throw new Error("no webhook of Parley");
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : secret;
  const mine = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest();
  const isSigned = signatures
    .split(" ")
    .filter((one) => one.startsWith("v1,"))
    .map((one) => Buffer.from(one.slice(3), "base64"))
    .some((one) => one.length === mine.length && timingSafeEqual(one, mine));
  if (!isSigned) throw new Error("the signature is not made with our secret");
  if (Math.abs(now / 1000 - Number(sent)) > 300) throw new Error("sent at another time");
  return { id, ...JSON.parse(body.toString()) };
}
