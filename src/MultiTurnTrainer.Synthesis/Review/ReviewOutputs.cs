using MultiTurnTrainer.Synthesis.Dialogues;
using MultiTurnTrainer.Synthesis.Quality;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>Writes what came of the dialogues, given in the seeds' order. All files appear together at the end.</summary>
internal sealed class ReviewOutputs : IDisposable
{
    private readonly ReviewFiles _files;
    private readonly ReviewSettings _settings;
    private readonly OutputFile _conversations;
    private readonly ConversationWriter _writer;
    private readonly OutputFile? _trace;
    private readonly QualityCounter _quality;
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly List<LeftOut> _leftOut = [];

    /// <summary>Begins the files.</summary>
    /// <param name="files">Where.</param>
    /// <param name="settings">The run's settings.</param>
    /// <param name="header">The trace's first line; null where no trace is written.</param>
    /// <param name="force">Whether existing files may be replaced.</param>
    public ReviewOutputs(ReviewFiles files, ReviewSettings settings, RunHeader? header, bool force)
    {
        _files = files;
        _settings = settings;
        _quality = new QualityCounter(settings.Reviewers.Count);
        _conversations = OutputFile.Create(files.Conversations, force);
        _writer = new ConversationWriter(_conversations.Stream);
        if (header is not null)
        {
            _trace = OutputFile.Create(files.Trace, force);
            WriteLine(_trace, header.ToBytes());
        }
    }

    /// <summary>Conversations written so far.</summary>
    public int Written { get; private set; }

    public IReadOnlyDictionary<string, int> Outcomes => _outcomes;

    public IReadOnlyList<LeftOut> LeftOut => _leftOut;

    /// <summary>Takes the next finished dialogue.</summary>
    public void Add(DialogueResult result)
    {
        string outcome = Naming.SnakeCase(result.Outcome);
        _outcomes[outcome] = _outcomes.GetValueOrDefault(outcome) + 1;
        if (_trace is not null)
        {
            WriteLine(_trace, RecordJson.ToLine(result));
        }

        if (result.IsWritten(_settings.KeepPartial))
        {
            _writer.Write(ConversationJson.Write(result, _settings));
            _quality.Add(result);
            Written++;
        }
        else
        {
            _leftOut.Add(new LeftOut(result.Seed.Index, outcome, result.Reason ?? ""));
        }
    }

    /// <summary>Gives all files their names and writes the measures and the manifest.</summary>
    /// <param name="manifest">The manifest, with its inputs and options.</param>
    public void Commit(Manifest manifest)
    {
        _writer.Dispose();
        _conversations.Commit();
        _trace?.Commit();
        QualityReport quality = _quality.Report();
        OutputFile.WriteAllBytes(_files.Quality, RecordJson.ToPage(quality), force: true);
        OutputFile.WriteAllBytes(_files.QualityPage, QualityPage.Write([("this run", quality)]), force: true);
        foreach ((string outcome, int count) in _outcomes)
        {
            manifest.Counts[outcome] = count;
        }

        manifest.Counts["conversations"] = Written;
        manifest.AddOutput(_files.Conversations);
        manifest.WriteBeside(_files.Conversations);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _conversations.Dispose();
        _trace?.Dispose();
    }

    private static void WriteLine(OutputFile file, byte[] line)
    {
        file.Stream.Write(line);
        file.Stream.WriteByte((byte)'\n');
    }
}
