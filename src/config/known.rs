//! Every key that a settings file may hold: ours and those of Claude Code, so that a slip of the fingers is told from a
//! key that means something elsewhere.

/// Keys at the top of a settings file.
#[rustfmt::skip]
pub(super) const TOP: &[&str] = &[
    "$schema", "advisorModel", "agent", "agentPushNotifEnabled", "allowManagedHooksOnly", "allowManagedMcpServersOnly",
    "allowManagedPermissionRulesOnly", "allowedHttpHookUrls", "allowedMcpServers", "alwaysThinkingEnabled",
    "apiKeyHelper", "askUserQuestionTimeout", "attribution", "autoCompactEnabled", "autoCompactWindow",
    "autoContinueAtUsageLimit", "autoMemoryDirectory", "autoMemoryEnabled", "autoMode", "autoScrollEnabled",
    "autoUpdatesChannel", "availableModels", "awaySummaryEnabled", "awsAuthRefresh", "awsCredentialExport",
    "axScreenReader", "bashEditDiffEnabled", "bashOutputMaxChars", "blockedMarketplaces", "claudeMd",
    "claudeMdExcludes", "cleanupPeriodDays", "companyAnnouncements", "crossSessionInbound", "defaultShell",
    "deniedMcpServers", "deniedModels", "dialogExpiry", "disableAllHooks", "disableAutoMode", "disableBundledSkills",
    "disableBypassPermissionsMode", "disableClaudeAiConnectors", "disableSkillShellExecution", "disableWorkflows",
    "disabledMcpjsonServers", "editorMode", "effortLevel", "emojiCompletionEnabled", "enableAllProjectMcpServers",
    "enabledMcpjsonServers", "enabledPlugins", "enforceAvailableModels", "env", "extraKnownMarketplaces",
    "fallbackModel", "fastMode", "fastModePerSessionOptIn", "fileCheckpointingEnabled", "fileSuggestion",
    "footerLinksRegexes", "forceLoginMethod", "forceLoginOrgUUID", "gcpAuthRefresh", "hooks",
    "httpHookAllowedEnvVars", "idleCompaction", "includeCoAuthoredBy", "includeGitInstructions",
    "inputNeededNotifEnabled", "isolatePeerMachines", "language", "latigo", "lspServers", "managedMcpServers", "maxEffortLevel",
    "maxProseWidth", "mcpServers", "minimumVersion", "model", "modelOverrides", "modelPicker", "modelPricing",
    "modelSettings", "otelHeadersHelper", "outputStyle", "permissions", "plansDirectory", "pluginConfigs",
    "pluginTrustMessage", "precomputeCompactionEnabled", "preferredNotifChannel", "prefersReducedMotion",
    "promptCacheTtl", "promptSuggestionEnabled", "proxyAuthHelper", "remoteControlAtStartup",
    "requiredMinimumVersion", "respectGitignore", "respondToBashCommands", "sandbox", "showClearContextOnPlanAccept",
    "showMessageTimestamps", "showThinkingSummaries", "showTurnDuration", "skillListingBudgetFraction",
    "skillListingMaxDescChars", "skillOverrides", "skipAutoPermissionPrompt", "skipDangerousModePermissionPrompt",
    "skipWebFetchPreflight", "spellcheck", "spinnerTipsEnabled", "spinnerTipsOverride", "spinnerVerbs", "statusLine",
    "strictKnownMarketplaces", "strictPluginOnlyCustomization", "subagentPromptCacheTtl", "subagentStatusLine",
    "switchModelsOnFlag", "syncClaudeAiSkills", "syntaxHighlightingDisabled", "teammateMode",
    "terminalProgressBarEnabled", "terminalTitleFromRename", "theme", "timeFormat", "timeZone", "todoFeatureEnabled",
    "tui", "ultracode", "useAutoModeDuringPlan", "verbose", "viewMode", "vimInsertModeRemaps",
    "wheelScrollAccelerationEnabled", "workflowSizeGuideline", "worktree",
];
