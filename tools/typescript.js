// Lets Node run TypeScript files: node --import ./tools/typescript.js FILE.ts
import { register } from 'node:module';

register('./typescript-loader.js', import.meta.url);
