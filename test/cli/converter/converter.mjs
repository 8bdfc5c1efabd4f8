import converter from './converter.cjs';

export const { dataConverter } = converter;
