import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;

export const Setting = Type.Object(
  {
    name: Type.String({ description: 'The name of the environment variable.' }),
    value: Type.Optional(
      Type.String({ description: 'Absent: it is a secret, or has no value and no default.' }),
    ),
    isSet: Type.Boolean({ description: 'Whether it has a value.' }),
    isSecret: Type.Boolean({ description: 'true: the value is never sent.' }),
    source: Type.Enum(['environment', 'file', 'default'], {
      title: 'SettingSource',
      description:
        'Where the value comes from: the environment of the process, the file `.env` in its working folder, or the default, also where the environment repeats it.',
    }),
    default: Type.Optional(Type.String({ description: 'Absent: there is none.' })),
    accepts: Type.String({ description: 'What the variable takes.' }),
  },
  { ...closed, title: 'Setting' },
);
export type Setting = Static<typeof Setting>;

export const SettingsView = Type.Object(
  {
    settings: Type.Array(Setting),
    versions: Type.Object(
      {
        checkout: Type.String({ description: 'Of durable-checkout.' }),
        node: Type.String(),
        postgres: Type.Optional(Type.String({ description: 'Absent: PostgreSQL does not answer.' })),
        temporal: Type.Optional(Type.String({ description: 'Absent: the Temporal server does not answer.' })),
      },
      { ...closed, title: 'Versions' },
    ),
    builtAt: Type.String({ format: 'date-time', description: 'When the code of the process was built.' }),
    startedAt: Type.String({ format: 'date-time', description: 'When the process was started.' }),
  },
  { ...closed, title: 'Settings' },
);
export type SettingsView = Static<typeof SettingsView>;
