// The tables: each folder beside this one that has a table.mjs, and the partners in it.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinnedVersion } from './programs.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @returns {Promise<{id: string, title: string, cases: string[], partners: object[]}[]>} */
export async function readTables() {
  const tables = [];
  for (const id of ['servers', 'clients', 'checkers']) {
    if (!existsSync(join(ROOT, id, 'table.mjs'))) continue;
    const { default: table } = await import(join(ROOT, id, 'table.mjs'));
    tables.push({ ...table, id, partners: await partnersIn(join(ROOT, id)) });
  }
  return tables;
}

async function partnersIn(directory) {
  const partners = [];
  for (const id of readdirSync(directory).sort()) {
    const folder = join(directory, id);
    if (!existsSync(join(folder, 'partner.mjs'))) continue;
    const { default: partner } = await import(join(folder, 'partner.mjs'));
    partners.push({ ...partner, id, folder, version: pinnedVersion(folder, partner.package) });
  }
  return partners;
}
