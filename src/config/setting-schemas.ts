import { z } from 'zod';
import { secretPlace } from './secret-ref';

/** How people write a switch, in the environment or as a flag. */
const SWITCH: Record<string, boolean> = {
  '1': true,
  true: true,
  yes: true,
  '0': false,
  false: false,
  no: false,
};

export function wholeNumber(what: string, least: number, most: number) {
  return z
    .string()
    .refine((text) => /^\d{1,12}$/.test(text) && Number(text) >= least && Number(text) <= most, what)
    .transform(Number);
}

export const onOff = z
  .string()
  .refine((text) => text.toLowerCase() in SWITCH, '"true" or "false"')
  .transform((text) => SWITCH[text.toLowerCase()] === true);

export const text = z.string();

/** In ms. */
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time in ms. */
export const duration = text
  .refine((value) => /^\d{1,6}(s|m|h|d)$/.test(value), 'a whole number with a unit, such as "30m" or "24h"')
  .transform((value) => Number.parseInt(value, 10) * UNITS[value.slice(-1) as keyof typeof UNITS]);

export function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** Texts separated by commas. */
const list = text.transform((value) => value.split(',').flatMap((each) => each.trim() || []));

function isOrigin(value: string): boolean {
  return isHttpUrl(value) && new URL(value).origin === value;
}

/** Origins (RFC 6454) of web pages. */
export const origins = list.refine(
  (all) => all.every(isOrigin),
  'origins separated by commas, such as "http://localhost:8233", without a path',
);

/** The same, or `*` for all of them. */
export const originsOrAll = list.refine(
  (all) => all.every((each) => each === '*' || isOrigin(each)),
  'origins without a path, separated by commas, such as https://app.example.com, or *',
);

/** Whether each of the texts, separated by commas, is a reference to a secret, as `file:PATH` or `env:NAME`. */
export function listsReferences(value: string): boolean {
  return value
    .split(',')
    .every((each) => /^\w+:\S/.test(each.trim()) && secretPlace(each.trim()) !== undefined);
}
