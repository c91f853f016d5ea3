// In place of zod/v4/locales/index.js, 300 kB of messages in 50 languages. The English ones come from a file of their own.
export {}
