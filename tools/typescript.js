// Lets Node run TypeScript as it stands: node --import ./tools/typescript.js FILE.ts
import { register } from 'node:module';

register('./typescript-loader.js', import.meta.url);
