namespace MultiTurnTrainer.Inference.Local;

/// <summary>Scores a file of rows, one line of JSON a row.</summary>
/// <param name="input">Token rows, plain texts, or conversations that are masked on the way.</param>
/// <param name="options">The model.</param>
public sealed class ScoreRun(string input, LocalModelOptions options)
{
    /// <summary>What masking counted; nothing where token rows were scored.</summary>
    public RowCounts Masked { get; private set; } = new();

    /// <summary>Scores every row.</summary>
    /// <param name="output">Receives the lines.</param>
    /// <param name="logits">A safetensors file for all logits, or null.</param>
    /// <param name="force">Whether that file may be replaced.</param>
    /// <exception cref="MttException">The input or a row is unusable.</exception>
    public ScoreTotals Execute(Stream output, string? logits, bool force)
    {
        IEnumerable<(string Id, TokenRow Row)> rows = Rows()
            .Select((row, i) => (row.Id ?? i.ToString(CultureInfo.InvariantCulture), row));
        using LocalModel model = LocalModel.LoadAlone(options);
        Scorer scorer = new(model.Model, model.Adapter);
        ScoreTotals totals = new();
        if (logits is null)
        {
            foreach ((string id, TokenRow row) in rows)
            {
                Write(output, id, row, Score(scorer, id, row), totals);
            }

            RequireAny(totals.Rows);
            return totals;
        }

        List<(string Id, TokenRow Row)> all = [.. rows];
        RequireAny(all.Count);
        WriteLogits(logits, force, all, model, scorer, (id, row, score) => Write(output, id, row, score, totals));
        return totals;
    }

    /// <summary>Token rows as they are, texts as their tokens, conversations as <c>mtt mask</c> would make rows of them.</summary>
    private IEnumerable<TokenRow> Rows()
    {
        bool others = InputFile.Exists(input) && InputFile.Length(input) > 0 && !TokenRowReader.IsTokenRows(input);
        if (!others)
        {
            return TokenRowReader.Read(input, labelsOptional: true);
        }

        if (TextFile.IsOne(input))
        {
            // Every token counts, and those that the tokenizer adds to a text stand before it.
            Tokenizer tokenizer = Tokenizer.Load(options.Folder);
            return LineEncoder
                .Read(input, tokenizer, addSpecialTokens: true)
                .Select(text => new TokenRow(null, [.. text.Ids], []));
        }

        RowRun run = new(RowModel.Load(options.Folder, options.Rows), options.Rows);
        Masked = run.Counts;
        return run.Read([input]);
    }

    private void RequireAny(long rows)
    {
        if (rows == 0)
        {
            throw new MttException($"{input}: holds no row", "Check that what wrote it has finished.");
        }
    }

    private static Score Score(Scorer scorer, string id, TokenRow row, Action<ReadOnlyMemory<float>>? onLogits = null)
    {
        try
        {
            return scorer.Run(row.InputIds, row.Labels, row.LossWeights, onLogits);
        }
        catch (MttException problem)
        {
            throw new MttException($"row '{id}': {problem.Message}", problem.Remedy, problem);
        }
    }

    /// <summary>Scores while the file is written: a row's logits exist only while they go to the disk.</summary>
    private static void WriteLogits(
        string path,
        bool force,
        List<(string Id, TokenRow Row)> rows,
        LocalModel model,
        Scorer scorer,
        Action<string, TokenRow, Score> write
    )
    {
        if (rows.GroupBy(row => row.Id).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new MttException(
                $"two rows have the id '{twice.Key}', and logits are named by it",
                "Give each row an id of its own, or none."
            );
        }

        // The file has its tensors by their names; the lines come in the order of the rows.
        Score?[] waiting = new Score?[rows.Count];
        int next = 0;
        IEnumerable<SafetensorsPiece> pieces = rows.Select(
            (entry, i) =>
                new SafetensorsPiece(
                    entry.Id,
                    SafetensorsType.F32,
                    [entry.Row.Length, model.Model.Config.VocabularySize],
                    stream =>
                    {
                        waiting[i] = Score(
                            scorer,
                            entry.Id,
                            entry.Row,
                            block => stream.Write(MemoryMarshal.AsBytes(block.Span))
                        );
                        for (; next < rows.Count && waiting[next] is { } score; next++)
                        {
                            write(rows[next].Id, rows[next].Row, score);
                            waiting[next] = null;
                        }
                    }
                )
        );
        SafetensorsWriter.Write(path, pieces, SafetensorsWriter.PyTorchMetadata, force);
    }

    private static void Write(Stream output, string id, TokenRow row, Score score, ScoreTotals totals)
    {
        using (Utf8JsonWriter json = new(output, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteStartArray("logprobs");
            foreach (float value in score.LogProbs)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
            json.WriteNumber("loss", score.Loss);
            if (score.WeightedLoss is { } weighted)
            {
                json.WriteNumber("weighted_loss", weighted);
            }

            json.WriteNumber("supervised_tokens", score.SupervisedTokens);
            json.WriteStartArray("turns");
            foreach ((int turn, int count, double loss) in Turns(row, score))
            {
                json.WriteStartObject();
                json.WriteNumber("turn", turn);
                json.WriteNumber("supervised_tokens", count);
                json.WriteNumber("loss", loss);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        totals.Add(score);
    }

    /// <summary>The labels of each turn and their mean loss; the first token of a row counts nowhere.</summary>
    private static IEnumerable<(int Turn, int Tokens, double Loss)> Turns(TokenRow row, Score score)
    {
        SortedDictionary<int, (int Tokens, double Sum)> turns = [];
        foreach (SupervisedSpan span in row.Spans ?? SupervisedSpan.FromLabels(row.Labels))
        {
            (int tokens, double sum) = turns.GetValueOrDefault(span.Turn);
            for (int t = Math.Max(1, span.Start); t < span.End; t++)
            {
                (tokens, sum) = (tokens + 1, sum - score.LogProbs[t]);
            }

            turns[span.Turn] = (tokens, sum);
        }

        return turns
            .Where(turn => turn.Value.Tokens > 0)
            .Select(turn => (turn.Key, turn.Value.Tokens, turn.Value.Sum / turn.Value.Tokens));
    }
}
