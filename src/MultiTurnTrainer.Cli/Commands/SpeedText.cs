namespace MultiTurnTrainer.Cli.Commands;

/// <summary>How fast a generation was, in words.</summary>
internal static class SpeedText
{
    /// <summary>The line that follows a generation on stderr.</summary>
    public static string Of(int prompts, GenerationSpeed speed) =>
        Invariant(
            $"{Counted.Of(prompts, "prompt")}, {Counted.Of(speed.PromptTokens, "token")} read in {speed.PrefillTime.TotalSeconds:F2} s; {Counted.Of(speed.NewTokens, "new token")} in {speed.DecodeTime.TotalSeconds:F2} s ({speed.NewTokensPerSecond:F1} tokens/s)"
        );

    /// <summary>The same for replies of an endpoint.</summary>
    public static string Of(EndpointGeneration run) =>
        Invariant(
            $"{Counted.Of(run.Prompts, "prompt")}; {Counted.Of(run.NewTokens, "new token")} in {run.Seconds:F2} s ({run.NewTokens / run.Seconds:F1} tokens/s)"
        );
}
