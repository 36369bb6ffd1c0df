/**
 * Published test vectors of OAuth 1.0a, and vectors shaped like Jira's calls. Public test data.
 *
 * Sources: RFC 5849 (sections 1.2 and 3.4.1), OAuth Core 1.0 appendix A, the OAuth wiki's RSA-SHA1 example with its
 * 1024-bit test key as in the tests of net.oauth (Apache-2.0). The Jira-shaped ones were made with that key and
 * cross-checked with OpenSSL, Node and big integers; RSASSA-PKCS1-v1_5 is deterministic.
 */

/** PKCS#8 without armour. */
export const TEST_KEY =
  "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALRiMLAh9iimur8VA7qVvdqxevEuUkW4K+2KdMXmnQbG9Aa7k7eBjK1S+0LYmVjPKlJGNXHDGuy5Fw/d7rjVJ0BLB+ubPK8iA/Tw3hLQgXMRRGRXXCn8ikfuQfjUS1uZSatdLB81mydBETlJhI6GH4twrbDJCR2Bwy/XWXgqgGRzAgMBAAECgYBYWVtleUzavkbrPjy0T5FMou8HX9u2AC2ry8vD/l7cqedtwMPp9k7TubgNFo+NGvKsl2ynyprOZR1xjQ7WgrgVB+mmuScOM/5HVceFuGRDhYTCObE+y1kxRloNYXnx3ei1zbeYLPCHdhxRYW7T0qcynNmwrn05/KO2RLjgQNalsQJBANeA3Q4Nugqy4QBUCEC09SqylT2K9FrrItqL2QKc9v0ZzO2uwllCbg0dwpVuYPYXYvikNHHg+aCWF+VXsb9rpPsCQQDWR9TT4ORdzoj+NccnqkMsDmzt0EfNaAOwHOmVJ2RVBspPcxt5iN4HI7HNeG6U5YsFBb+/GZbgfBT3kpNGWPTpAkBI+gFhjfJvRw38n3g/+UeAkwMI2TJQS4n8+hid0uus3/zOjDySH3XHCUnocn1xOJAyZODBo47E+67R4jV1/gzbAkEAklJaspRPXP877NssM5nAZMU0/O/NGCZ+3jPgDUno6WbJn5cqm8MqWhW1xGkImgRk+fkDBquiq4gPiT898jusgQJAd5Zrr6Q8AO/0isr/3aa6O6NLQxISLKcPDk2NOccAfS/xOtfOz4sJYM3+Bs4Io9+dZGSDCA54Lw03eHTNQghS0A==";
export const TEST_KEY_SPKI_SHA256 = "929f67e9de77c702618a99ad51cfe82b8e018feab4e53a79884e1b66dbc78016";

/** A self-signed certificate of the test key, DER in base64. */
export const TEST_CERTIFICATE =
  "MIICDjCCAXegAwIBAgIUfD5WyKksNQrjigGzcGC5FjIhlnAwDQYJKoZIhvcNAQELBQAwGDEWMBQGA1UEAwwNTGF0Y2hrZXkgdGVzdDAgFw0yNjExMjAxNjI5MTFaGA8yMTI2MTAyNzE2MjkxMVowGDEWMBQGA1UEAwwNTGF0Y2hrZXkgdGVzdDCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAtGIwsCH2KKa6vxUDupW92rF68S5SRbgr7Yp0xeadBsb0BruTt4GMrVL7QtiZWM8qUkY1ccMa7LkXD93uuNUnQEsH65s8ryID9PDeEtCBcxFEZFdcKfyKR+5B+NRLW5lJq10sHzWbJ0EROUmEjoYfi3CtsMkJHYHDL9dZeCqAZHMCAwEAAaNTMFEwHQYDVR0OBBYEFJvfhV9hc0qHCennsNal3eOeimcPMB8GA1UdIwQYMBaAFJvfhV9hc0qHCennsNal3eOeimcPMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEAd8G7E1x2F0xpBfaeho4PHBdKwHLTaKkGrm7/qEkIaekL+YZ7sjgEqDBeZDP7Cf5mux573YjdFoHzlzQbEMLFm4JuuVP3koA6EJQuyCgq60HIw/wUKfkAzoQfPFGRxmgQiSqDrPTdVIZBRNYPA2pu5GQxJZB+Rx4Run2umMPoPGM=";

export const PHOTOS = {
  url: "http://photos.example.net/photos?file=vacaction.jpg&size=original",
  parameters: [
    ["oauth_consumer_key", "dpf43f3p2l4k3l03"],
    ["oauth_nonce", "13917289812797014437"],
    ["oauth_signature_method", "RSA-SHA1"],
    ["oauth_timestamp", "1196666512"],
    ["oauth_version", "1.0"],
  ],
  base_string:
    "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacaction.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3D13917289812797014437%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1196666512%26oauth_version%3D1.0%26size%3Doriginal",
  signature:
    "jvTp/wX1TYtByB1m+Pbyo0lnCOLIsyGCH7wke8AUs3BpnwZJtAuEJkvQL2/9n4s5wUmUl4aCI4BwpraNx4RtEXMe5qg5T1LVTGliMRpKasKsW//e+RinhejgCuzoH26dyF8iY2ZZ/5D1ilgeijhV/vBka5twt399mXwaYdCwFYE=",
} as const;

export type JiraVector = {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly oauth_token?: string;
  readonly extra?: Readonly<Record<string, string>>;
  readonly content_type?: string;
  readonly body?: string;
  readonly base_string: string;
  readonly signature: string;
};

/** Consumer `OauthKey`, nonce `nonce-0001`, timestamp 1700000000. */
export const JIRA_SHAPED: readonly JiraVector[] = [
  {
    name: "POST request-token with a context path and a callback with query and space",
    method: "POST",
    url: "https://jira.example.com/jira/plugins/servlet/oauth/request-token",
    extra: { oauth_callback: "https://app.example.com/cb?x=1&y=a b" },
    base_string:
      "POST&https%3A%2F%2Fjira.example.com%2Fjira%2Fplugins%2Fservlet%2Foauth%2Frequest-token&oauth_callback%3Dhttps%253A%252F%252Fapp.example.com%252Fcb%253Fx%253D1%2526y%253Da%2520b%26oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_version%3D1.0",
    signature:
      "ojfbM6TRTXQ9e//jwWBGNbQB8JfyiOO7fuENfXIgH6zqNGzr6BgSaUcG2vdvo5UXR8rAUazqvXpSMzb8m6IYK+p0L19IfnQ2Uz7TfLEdaYOfc0UTGpGiXb7PrDWRcVPokKVYy51pAzneG2JF2ZDL3K89di0bvY1Rh8hAPHf+D9I=",
  },
  {
    name: "POST request-token, oob",
    method: "POST",
    url: "https://jira.example.com/plugins/servlet/oauth/request-token",
    extra: { oauth_callback: "oob" },
    base_string:
      "POST&https%3A%2F%2Fjira.example.com%2Fplugins%2Fservlet%2Foauth%2Frequest-token&oauth_callback%3Doob%26oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_version%3D1.0",
    signature:
      "qV5bNYz9YW2hx7GMneXIpIhvCHAuW+GtkvpMnaS0n9uVvhwqRlI77nEZXmZM8KvcV3jDyl3VIPp6Hb0rb0HkBdfIpN7+oEiziOhajACbPAJOcgOKBxGpzkTtemEr0ck9xubxMDHYeB5P2t6756nQW42OTQ7OYrUPm0x1yaE4+u0=",
  },
  {
    name: "POST access-token with a verifier",
    method: "POST",
    url: "https://jira.example.com/plugins/servlet/oauth/access-token",
    oauth_token: "EQL3QdfAOgFYH56YrMqycRXB4IdjMy55",
    extra: { oauth_verifier: "qTJkPi" },
    base_string:
      "POST&https%3A%2F%2Fjira.example.com%2Fplugins%2Fservlet%2Foauth%2Faccess-token&oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_token%3DEQL3QdfAOgFYH56YrMqycRXB4IdjMy55%26oauth_verifier%3DqTJkPi%26oauth_version%3D1.0",
    signature:
      "psnTmgXjR4VMrIMktTfHFj+wmR30H1sdc2pSZcWn6oG8Nu5NKdODkJO+Gxzcvg35pYd0rDUAXlqYKR+MOzl2flhhvngQrQJBFc7SOUIogbaVa/LHhdhJIF6uRuGqI6J1i6B34OJfpUVaPKp6hGuUdamqY5WxbGdaC5W9ruIp3HA=",
  },
  {
    name: "GET search with plus, star, tilde and unicode",
    method: "GET",
    url: "https://jira.example.com/rest/api/2/search?fields=*all,-comment&startAt=0&jql=project+%3D+X+AND+text+~+%22a%2Bb+%C3%A9%22",
    oauth_token: "EQL3QdfAOgFYH56YrMqycRXB4IdjMy55",
    base_string:
      "GET&https%3A%2F%2Fjira.example.com%2Frest%2Fapi%2F2%2Fsearch&fields%3D%252Aall%252C-comment%26jql%3Dproject%2520%253D%2520X%2520AND%2520text%2520~%2520%2522a%252Bb%2520%25C3%25A9%2522%26oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_token%3DEQL3QdfAOgFYH56YrMqycRXB4IdjMy55%26oauth_version%3D1.0%26startAt%3D0",
    signature:
      "H5zahLCZNb8GZm1HGMr9oW/u99siMPvhzxB1kTC1OwH7BhyIDYGodTm+ZU4whHchExeMapMEozJ1zJdXw6eNNMbGpwdwS4lHdrM93NXU7Q3mCPcxy2cXzW+wn8b3el7+Q3Vpue5Vkx+EyLQcoTDbfmwNvdW6NKnnpebOS7Re87k=",
  },
  {
    name: "GET with a port",
    method: "GET",
    url: "https://jira.example.com:8443/rest/api/2/myself",
    oauth_token: "EQL3QdfAOgFYH56YrMqycRXB4IdjMy55",
    base_string:
      "GET&https%3A%2F%2Fjira.example.com%3A8443%2Frest%2Fapi%2F2%2Fmyself&oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_token%3DEQL3QdfAOgFYH56YrMqycRXB4IdjMy55%26oauth_version%3D1.0",
    signature:
      "IIA5QzRcYy1oXGV7QD4/TrCGl2lblZbVRo+DRIsJAg8doG917sz6hAZ9f+U32V5wjfEr15K+NhRKvmREWG5VubFtP/TjV5VN0qEIZ2MbT+96FRmRFbD1fFnDviZQSmWb1SPaYiVxEM/HFAS/XjXkr5qT1tOGcvdeJa0UuSFvfoM=",
  },
  {
    name: "2-legged: an empty oauth_token",
    method: "GET",
    url: "https://jira.example.com/rest/api/2/myself",
    oauth_token: "",
    base_string:
      "GET&https%3A%2F%2Fjira.example.com%2Frest%2Fapi%2F2%2Fmyself&oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_token%3D%26oauth_version%3D1.0",
    signature:
      "QgTuGhDlZ50K5vNjrnxbJBJZNp7G0mrB+6uieRHNLRRwZUIw4wIm0L8o6e/OxF4QWCpUcvhM9r5E8PCyFwWv3sA4WT7EI8nbudWzqyrdFC2tJieS3T9JIIpGf9p9rEraZFHldeVoK3UDOVXs57S5vzbnWN/g7HpbPB2m4UnUdY0=",
  },
  {
    name: "2-legged on behalf of a user",
    method: "GET",
    url: "https://jira.example.com/rest/api/2/myself?user_id=fred",
    oauth_token: "",
    base_string:
      "GET&https%3A%2F%2Fjira.example.com%2Frest%2Fapi%2F2%2Fmyself&oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_token%3D%26oauth_version%3D1.0%26user_id%3Dfred",
    signature:
      "s4DAnrFS9f5ZFnVPEZoolB+OaG6srlfUCH4Yka25779G9S/YxUAItO8A6OE3T++5L6woTBVNMSzazULgLiroGGRkbz2a/nWNrmpVvHSVyLnedBMRL/eewhlHbuJY5WizUEuPoAaVnTzgi4LRC8hVgmZ6c9SGqeRHemVA+ZLN/g8=",
  },
  {
    name: "JSON POST: the body takes no part",
    method: "POST",
    url: "https://jira.example.com/rest/api/2/issue",
    oauth_token: "EQL3QdfAOgFYH56YrMqycRXB4IdjMy55",
    content_type: "application/json",
    body: '{"fields":{}}',
    base_string:
      "POST&https%3A%2F%2Fjira.example.com%2Frest%2Fapi%2F2%2Fissue&oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_token%3DEQL3QdfAOgFYH56YrMqycRXB4IdjMy55%26oauth_version%3D1.0",
    signature:
      "oqBBvx00wjbXsOFvUrsVVQb/SauBv7X8fF53adD9/72IPpMkwBxHcwBBQCOoqze0muebI6rxWkwVHUFYau1ihxf1lt56gE0huybmO8w76f6rx9Bh+OYFzRQVXnrdaSFMru2lBVE6Bha7P7/HcDz3aufqrlq+ww/iMVUY7QxWsac=",
  },
  {
    name: "form POST: the body is signed in",
    method: "POST",
    url: "https://jira.example.com/rest/x",
    oauth_token: "EQL3QdfAOgFYH56YrMqycRXB4IdjMy55",
    content_type: "application/x-www-form-urlencoded",
    body: "a=1&b=x+y",
    base_string:
      "POST&https%3A%2F%2Fjira.example.com%2Frest%2Fx&a%3D1%26b%3Dx%2520y%26oauth_consumer_key%3DOauthKey%26oauth_nonce%3Dnonce-0001%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_token%3DEQL3QdfAOgFYH56YrMqycRXB4IdjMy55%26oauth_version%3D1.0",
    signature:
      "pz5EaiiF9Oycf0zYYEf5XLjAze7ZREd6aDpJNptQEpGe5IE1Q6VF2JORDVWrTeRbpinU8k4YKyZ+8vi8vCZL4TgS9/Plm1r7+f3xgXipKA4HaHtubKbOYCAqmt0RFr1DHzuctspo9e8+W643B91Hi9HtNHHL2L1J21hgF4BPU7E=",
  },
];

/** HMAC-SHA1, which Jira refuses: these prove the base string alone. */
export const HMAC = [
  {
    name: "RFC 5849 section 1.2, resource request",
    method: "GET",
    url: "http://photos.example.net/photos?file=vacation.jpg&size=original",
    secrets: ["kd94hf93k423kf44", "pfkkdhi9sl3r4s00"],
    parameters: {
      oauth_consumer_key: "dpf43f3p2l4k3l03",
      oauth_token: "nnch734d00sl2jdk",
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: "137131202",
      oauth_nonce: "chapoH",
    },
    signature: "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
  },
  {
    name: "RFC 5849 section 1.2, token request",
    method: "POST",
    url: "https://photos.example.net/token",
    secrets: ["kd94hf93k423kf44", "hdhd0244k9j7ao03"],
    parameters: {
      oauth_consumer_key: "dpf43f3p2l4k3l03",
      oauth_token: "hh5s93j4hdidpola",
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: "137131201",
      oauth_nonce: "walatlh",
      oauth_verifier: "hfdp7dh39dks9884",
    },
    signature: "gKgrFCywp7rO0OXSjdot/IHF7IU=",
  },
  {
    name: "OAuth Core 1.0 appendix A",
    method: "GET",
    url: "http://photos.example.net/photos?file=vacation.jpg&size=original",
    secrets: ["kd94hf93k423kf44", "pfkkdhi9sl3r4s00"],
    parameters: {
      oauth_consumer_key: "dpf43f3p2l4k3l03",
      oauth_token: "nnch734d00sl2jdk",
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: "1191242096",
      oauth_nonce: "kllo9940pd9333jh",
      oauth_version: "1.0",
    },
    signature: "tR3+Ty81lMeYAr/Fid0kMTYa/WM=",
  },
  {
    name: "RFC 5849 section 3.4.1, with a query and a form body",
    method: "POST",
    url: "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
    secrets: ["j49sk3j29djd", "dh893hdasih9"],
    parameters: {
      oauth_consumer_key: "9djdj82h48djs9d2",
      oauth_token: "kkk9d7dh3k39sjv7",
      oauth_signature_method: "HMAC-SHA1",
      oauth_timestamp: "137131201",
      oauth_nonce: "7d8f3e4a",
    },
    body: "c2&a3=2+q",
    signature: "r6/TJjbCOr97/+UU0NsvSne7s5g=",
  },
] as const;
