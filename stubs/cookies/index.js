exports.Cookie = class Cookie {};
exports.CookieJar = class CookieJar {};
