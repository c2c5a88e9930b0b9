/** The panels of a phone: one at a time. */
export type PhoneTab = 'code' | 'graph' | 'plots' | 'console';
