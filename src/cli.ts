#!/usr/bin/env node
import * as modules from 'node:module';
import { createProgram } from './cli/program';

// Of Node.js 22.1 on: keeps compiled code from one start to the next.
(modules as { enableCompileCache?: () => void }).enableCompileCache?.();

void createProgram().parseAsync();
