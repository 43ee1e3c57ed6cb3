// Folder Preparation: one canonical data set: converted, without duplicates, split, with all that was left out listed.
// Refuses to know: masks, tokens.
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Filters;
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Redaction;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>
/// Makes one canonical data set of many files: converts and repairs every row, leaves out rows with errors, rows that the
/// filter refuses and duplicates, and splits what stays. Two passes over the inputs: the first counts rows and remembers
/// how they begin, the second writes. The same inputs and options give the same bytes.
/// </summary>
public sealed class Preparer
{
    /// <summary>Beginnings that are counted; with so many even the smallest part has some.</summary>
    private const int MostOpenings = 1 << 16;

    private readonly PrepareOptions _options;
    private readonly Func<string, bool, IRowOutput> _open;
    private readonly Filter? _filter;
    private readonly RowChoice _choice;
    private readonly RowFixer _fixer = new();
    private readonly Redactor? _redactor;
    private readonly PreparedCounts _counts = new();
    private readonly SortedDictionary<string, IRowOutput> _outputs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _filled = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> _openings = [];
    private RowMix _mix = RowMix.None;
    private long _rows;

    /// <param name="options">The choices.</param>
    /// <param name="open">Opens an output by its path and whether it may be replaced; null writes JSON lines.</param>
    /// <exception cref="MttException">The filter is malformed.</exception>
    public Preparer(PrepareOptions options, Func<string, bool, IRowOutput>? open = null)
    {
        _options = options;
        _open = open ?? ((path, force) => new JsonLinesOutput(path, force));
        _filter = options.Filter is null ? null : Filter.Parse(options.Filter);
        _choice = new RowChoice(options);
        _redactor = options.RedactFields is { } fields ? new Redactor(fields) : null;
    }

    /// <summary>The path of the manifest.</summary>
    public string ManifestPath => Path.Combine(_options.Output, $"prepare{_options.Shard.Suffix}.manifest.json");

    private string RejectsPath => Path.Combine(_options.Output, $"rejects{_options.Shard.Suffix}.jsonl");

    private string LeftOutPath => Path.Combine(_options.Output, $"left-out{_options.Shard.Suffix}.jsonl");

    private string RedactedPath => Path.Combine(_options.Output, $"redacted{_options.Shard.Suffix}.jsonl");

    /// <summary>The parts that are written.</summary>
    private IEnumerable<string> Names =>
        _options.Splits.Count > 0 ? _options.Splits.Select(split => split.Name) : ["data"];

    /// <summary>Prepares some files.</summary>
    /// <param name="inputs">Files; they are read twice, so pipes are copied first.</param>
    /// <returns>What became of the rows; null when a finished run with the same inputs and options stands there already.</returns>
    /// <exception cref="MttException">A file cannot be read or written, or there are more rows than can be told apart.</exception>
    public PreparedCounts? Run(IReadOnlyList<string> inputs)
    {
        _mix = RowMix.Of(inputs, _options.Weights, _options.SplitSeed);
        foreach (string path in inputs)
        {
            InputStream.CheckExists(path);
            PipeCopies.Keep(path);
        }

        string[] lists = [RejectsPath, LeftOutPath, RedactedPath, ManifestPath];
        OutputPaths.RefuseClash(inputs, Names.Select(PathOf).Concat(lists));
        using OutputLock held = OutputLock.Take(Path.Combine(_options.Output, $"prepare{_options.Shard.Suffix}"));
        Manifest manifest = Describe(inputs);
        if (!_options.Force && manifest.IsFinished(ManifestPath))
        {
            return null;
        }

        Pass(inputs, Remember, rejects: null);
        _rows = _counts.Read;
        Reset();
        using RejectsFile rejects = new(RejectsPath, _options.Force, _redactor);
        using ListFile leftOut = new(LeftOutPath, _options.Force);
        using RedactionList redacted = new(RedactedPath, _options.Force);
        try
        {
            WriteAll(inputs, manifest, rejects, new RowLists(leftOut, redacted));
        }
        finally
        {
            foreach (IRowOutput output in _outputs.Values)
            {
                output.Dispose();
            }
        }

        rejects.Commit();
        leftOut.Commit();
        redacted.Commit();
        _counts.Redacted = redacted.Counts;
        PreparedManifest.Write(ManifestPath, manifest, _counts, [.. _outputs.Values.Select(output => output.Path)]);
        return _counts;
    }

    /// <summary>The second pass: every row into the output of its part.</summary>
    private void WriteAll(IReadOnlyList<string> inputs, Manifest manifest, RejectsFile rejects, RowLists lists)
    {
        foreach (string name in Names)
        {
            _outputs[name] = _open(PathOf(name), _options.Force);
            _counts.Written[name] = 0;
        }

        Pass(inputs, row => Write(row, lists), rejects);
        if (_choice.IsPartial)
        {
            throw new MttException(
                "there are more different rows than can be told apart",
                "Prepare the files in parts, or give --keep-duplicates."
            );
        }

        RequireSame(inputs, manifest);
        Split.RefuseEmpty(_options.Splits, _filled, _openings.Count);
        _counts.NearSample = _choice.NearSample;
        foreach (IRowOutput output in _outputs.Values)
        {
            output.Commit();
        }
    }

    private void RequireSame(IReadOnlyList<string> inputs, Manifest manifest)
    {
        manifest.RequireUnchanged();
        if (_counts.Read != _rows)
        {
            throw new MttException(
                $"{string.Join(", ", inputs)}: {_rows} rows were read first and {_counts.Read} then",
                "Run the command again when nothing writes to the files."
            );
        }
    }

    private string PathOf(string name) => Path.Combine(_options.Output, _options.FileName(name));

    private void Reset()
    {
        _counts.Read = 0;
        _counts.Rejected = 0;
        _counts.Errors.Clear();
        _counts.Formats.Clear();
        _counts.Rewrites.Clear();
    }

    private void Pass(IReadOnlyList<string> inputs, Action<Row> accept, RejectsFile? rejects)
    {
        ValidationOptions options = new()
        {
            Fix = true,
            Duplicates = DuplicateMode.None,
            CoreOnly = true,
            Pairs = false,
            Conversion = new ConversionOptions { Normalise = true, Preference = _options.Preference },
            AcceptRow = row =>
            {
                _counts.Read++;
                foreach (string rewrite in row.Rewrites)
                {
                    _counts.Rewrites[rewrite] = _counts.Rewrites.GetValueOrDefault(rewrite) + 1;
                }

                accept(row);
            },
            Reject = (bytes, line, findings) =>
            {
                bool mine = _options.Shard.Holds(_counts.Read, _rows);
                _counts.Read++;
                _counts.Rejected++;
                if (mine)
                {
                    rejects?.Write(bytes, line, findings);
                }
                else
                {
                    rejects?.Skip(findings);
                }
            },
        };
        ValidationSummary summary = new Validator(
            options,
            finding =>
            {
                if (finding.Severity == Severity.Error)
                {
                    _counts.Errors[finding.Code] = _counts.Errors.GetValueOrDefault(finding.Code) + 1;
                }
            }
        ).Run(inputs);
        foreach ((string format, long rows) in summary.Formats)
        {
            _counts.Formats[format] = rows;
        }

        foreach ((string fix, long rows) in summary.Fixes)
        {
            _counts.Rewrites[fix] = _counts.Rewrites.GetValueOrDefault(fix) + rows;
        }
    }

    private void Remember(Row row)
    {
        if (_filter is null || _filter.Keeps(Parse(row)))
        {
            _choice.Remember(row);
        }
    }

    /// <summary>The canonical row. What stood as JSON text in the source is repaired only now that it is JSON.</summary>
    private Conversation Parse(Row row) =>
        Conversation.FromJson(JsonView.Parse(_fixer.Fix(row.Tape).Span), row.File, row.Record.Line);

    private void Write(Row row, RowLists lists)
    {
        bool mine = _options.Shard.Holds(_counts.Read - 1, _rows);
        Conversation conversation = Parse(row);
        foreach (string fix in _fixer.Names)
        {
            _counts.Rewrites[fix] = _counts.Rewrites.GetValueOrDefault(fix) + 1;
        }

        IReadOnlyList<RedactedSpan> spans = [];
        if ((Judge(row, conversation) ?? Redact(row, ref conversation, out spans)) is { } leftOut)
        {
            if (mine)
            {
                List(lists.LeftOut, row, leftOut);
            }

            return;
        }

        string split = Split.Of(_options.Splits, _choice.Hash.Opening, _options.SplitSeed);
        _filled.Add(split);
        if (_openings.Count < MostOpenings)
        {
            _openings.Add(_choice.Hash.Opening);
        }

        if (!mine)
        {
            _counts.OtherShards++;
            return;
        }

        int copies = split == Names.First() ? _mix.CopiesOf(row.File, _choice.Hash.Whole) : 1;
        if (copies == 0)
        {
            _counts.Unweighted++;
            List(lists.LeftOut, row, new LeftOut("weight", null));
            return;
        }

        lists.Redacted.Add(row.File, row.Record.Line, spans);
        for (int copy = 0; copy < copies; copy++)
        {
            _outputs[split].Write(conversation);
            _counts.Written[split]++;
        }

        _counts.Repeated += copies - 1;
    }

    /// <summary>Redacts a row that stays. Those of other shards too: a value has one placeholder in all of them.</summary>
    private LeftOut? Redact(Row row, ref Conversation conversation, out IReadOnlyList<RedactedSpan> spans)
    {
        spans = [];
        if (_redactor?.Redact(conversation.Json) is not { } redacted)
        {
            return null;
        }

        if (redacted.Refusal is { } refusal)
        {
            _counts.Unredactable++;
            return new LeftOut("redaction", null, refusal);
        }

        spans = redacted.Spans;
        conversation = Conversation.FromJson(redacted.Json, row.File, row.Record.Line);
        return null;
    }

    private LeftOut? Judge(Row row, Conversation conversation)
    {
        if (_filter is null || _filter.Keeps(conversation))
        {
            return _choice.Judge(row, _counts);
        }

        _counts.Filtered++;
        return new LeftOut("filter", null);
    }

    private static void List(ListFile list, Row row, LeftOut leftOut) =>
        list.Write(
            new JsonFields
            {
                ["file"] = row.File,
                ["line"] = row.Record.Line,
                ["reason"] = leftOut.Reason,
            }
                .AddPresent("of", leftOut.Of)
                .AddPresent("why", leftOut.Why)
        );

    private sealed record RowLists(ListFile LeftOut, RedactionList Redacted);

    private Manifest Describe(IReadOnlyList<string> inputs)
    {
        Manifest manifest = new("prepare");
        foreach (string path in inputs)
        {
            manifest.AddInput("conversations", path);
        }

        manifest.Options["preference"] = _options.Preference?.ToString().ToLowerInvariant();
        manifest.Options["filter"] = _options.Filter;
        manifest.Options["deduplicate"] = _options.Deduplicate;
        manifest.Options["near_duplicates"] = _options.NearDuplicates;
        manifest.Options["split"] = string.Join(
            ',',
            _options.Splits.Select(split => Invariant($"{split.Name}={split.Share}"))
        );
        manifest.Options["split_seed"] = _options.SplitSeed;
        manifest.Options["shard"] = Invariant($"{_options.Shard.Index}/{_options.Shard.Count}");
        if (_options.Weights.Count > 0)
        {
            manifest.Options["weights"] = _options.Weights;
        }

        if (_options.Policy is not null)
        {
            manifest.Options["context_policy"] = _options.Policy;
        }

        if (_options.RedactFields is { } fields)
        {
            manifest.Options["redact_fields"] = string.Join(',', fields);
        }

        manifest.Options["format"] = _options.Parquet ? "parquet" : "jsonl";
        return manifest;
    }
}
