<?php
// Parley for a shop's server in PHP (7.4 or newer), without a library.
// Copy it, or require it: parley_token, parley_webhook.
declare(strict_types=1);

/**
 * A site token: who the visitor is and what they ordered, signed by your site.
 *
 * @param array $site   ['id' => 'shop', 'kid' => '2026-11', 'secret' => '…'] as in [[sites]]
 * @param array $claims such as ['sub' => 7, 'name' => 'Anna', 'order' => ['id' => 1042]]
 * @param int   $seconds how long it lives, at most 30 days
 */
function parley_token(array $site, array $claims, int $seconds = 3600, ?int $now = null): string
{
    if (strlen($site['secret']) < 32) {
        throw new InvalidArgumentException('the secret needs 32 bytes');
    }
    $now = $now ?? time();
    $whole = array_merge(['jti' => bin2hex(random_bytes(16))], $claims, [
        'iss' => $site['id'],
        'aud' => 'parley',
        'iat' => $now,
        'exp' => $now + $seconds,
    ]);
    $flags = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR;
    $head = parley_base64url(json_encode(
        ['alg' => 'HS256', 'typ' => 'JWT', 'kid' => $site['kid']], $flags
    ));
    $body = parley_base64url(json_encode($whole, $flags));
    $signature = hash_hmac('sha256', "$head.$body", $site['secret'], true);
    return "$head.$body." . parley_base64url($signature);
}

/**
 * The event of a webhook, once its signature and time are right; throws otherwise.
 *
 * @param array  $headers by names in lower case: array_change_key_case(getallheaders())
 * @param string $body    as it came: file_get_contents('php://input')
 */
function parley_webhook(string $secret, array $headers, string $body, ?int $now = null): array
{
    $id = $headers['webhook-id'] ?? '';
    $sent = $headers['webhook-timestamp'] ?? '';
    if ($id === '' || !preg_match('/^\d{1,12}$/D', $sent)) {
        throw new RuntimeException('no webhook of Parley');
    }
    $key = strpos($secret, 'whsec_') === 0 ? base64_decode(substr($secret, 6), true) : $secret;
    if ($key === false || $key === '') {
        throw new InvalidArgumentException('after whsec_ the secret is base64');
    }
    $mine = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sent.$body", $key, true));
    $isSigned = false;
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $one) {
        $isSigned = hash_equals($mine, $one) || $isSigned;
    }
    if (!$isSigned) {
        throw new RuntimeException('the signature is not made with our secret');
    }
    if (abs(($now ?? time()) - (int) $sent) > 300) {
        throw new RuntimeException('sent at another time');
    }
    return ['id' => $id] + json_decode($body, true, 64, JSON_THROW_ON_ERROR);
}

function parley_base64url(string $value): string
{
    return rtrim(strtr(base64_encode($value), '+/', '-_'), '=');
}
