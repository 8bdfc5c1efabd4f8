// An echo agent on the official SDK's server, with its task store in PostgreSQL.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Role, TaskState } from '@a2a-js/sdk';
import { AgentEvent, DefaultRequestHandler } from '@a2a-js/sdk/server';
import { DatabaseTaskStore } from '@a2a-js/sdk/server/database';
import { jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { answerParent } from './lib/ipc.mjs';

const { databaseUrl } = JSON.parse(process.argv[2]);
const database = import.meta.resolve('@a2a-js/sdk/server/database');
const migrate = fileURLToPath(new URL('../../cli/a2a_db.js', database));
execFileSync(process.execPath, [migrate, 'upgrade', '--url', databaseUrl], { stdio: 'inherit' });

/** The same Task as that of the workflow `echo`. */
const echo = {
  async execute({ taskId, contextId, userMessage }, bus) {
    const status = (state) => ({ state, message: undefined, timestamp: new Date().toISOString() });
    const message = { ...userMessage, taskId, contextId, role: Role.ROLE_USER };
    bus.publish(
      AgentEvent.task({
        id: taskId,
        contextId,
        status: status(TaskState.TASK_STATE_SUBMITTED),
        artifacts: [],
        history: [message],
        metadata: undefined,
      }),
    );
    bus.publish(
      AgentEvent.artifactUpdate({
        taskId,
        contextId,
        artifact: {
          artifactId: 'echo',
          name: 'echo',
          description: '',
          parts: userMessage.parts,
          metadata: undefined,
          extensions: [],
        },
        append: false,
        lastChunk: true,
        metadata: undefined,
      }),
    );
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId,
        status: status(TaskState.TASK_STATE_COMPLETED),
        metadata: undefined,
      }),
    );
    bus.finished();
  },
  async cancelTask() {},
};

const card = {
  name: 'echo',
  description: 'The echo of the official SDK',
  version: '1',
  supportedInterfaces: [
    { url: 'http://127.0.0.1/a2a/echo', protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: '' },
  ],
  capabilities: { streaming: true, pushNotifications: false, extensions: [], extendedAgentCard: false },
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [],
  signatures: [],
  provider: undefined,
  documentationUrl: '',
};

const db = new Kysely({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: databaseUrl }) }),
});
const requestHandler = new DefaultRequestHandler(card, new DatabaseTaskStore(db), echo);
const app = express();
app.use('/a2a/echo', jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
answerParent({
  async stop() {
    await db.destroy();
    setTimeout(() => process.exit(0), 20);
  },
});
const server = app.listen(0, '127.0.0.1', () => {
  process.send({ ready: { url: `http://127.0.0.1:${server.address().port}` } });
});
