export { scoredWindow } from './scored-window.ts';
export { certainOf, type ScriptedModel, type ScriptedSession, scriptedSession } from './scripted-session.ts';
export { type ScriptedSubject, type SubjectScript, scriptedSubject, scriptedWindows } from './scripted-subject.ts';
