namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Trajectories of tau-bench: OpenAI messages under <c>traj</c>, with the task and its reward beside them (kept as
/// metadata, so that a filter can take the successful ones).
/// </summary>
internal sealed class TauBenchFormat : IRowFormat
{
    public string Name => "tau-bench";

    public bool Recognises(JsonTape row) =>
        row.Find(0, "traj"u8) is >= 0 and int list && row[list].Kind == JsonKind.Array;

    public string Reason(JsonTape row) => "\"traj\" is a list of messages";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        int list = row.Find(0, "traj"u8);
        TurnWriter.WriteAll(row, list, output, options);
        string tools = ToolsWriter.Declared(row, 0, output);
        output.KeepRest(row, "traj", tools);
        return null;
    }
}
