using MultiTurnTrainer.Cli;

return await MttCli.RunAsync(args);
