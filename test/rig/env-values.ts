import fc from 'fast-check'

/** Values of an env file, heavy in what shells care about; without what is refused in any. */
export const envValues = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'"\\`$\'!#~ \n\r\t;&|<>()*?[]{}=%@:a0é€'), maxLength: 20 }),
  fc.string({ unit: 'grapheme' }).filter((text) => !/[\0\p{Noncharacter_Code_Point}]/u.test(text)),
)
