// Folder Locks: masks as a file of hashes that lies beside the data, and what has moved since.
// Refuses to know: trainers.
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using MultiTurnTrainer.Audit.Comparing;
using MultiTurnTrainer.Audit.Pairing;
using MultiTurnTrainer.Audit.Reports;

namespace MultiTurnTrainer.Audit.Locks;

/// <summary>
/// The masks of a data set as hashes: a line of 24 bytes for each conversation, in the order of the hashes, so that it does not
/// depend on the order of rows and merges line by line; and the fingerprints of template, tokenizer and options.
/// </summary>
public sealed class MaskLock
{
    private const string Head = "# mtt mask lock 1";
    private const int HashBytes = 8;

    private readonly SortedDictionary<string, string> _fingerprints = new(StringComparer.Ordinal);
    private readonly List<(string Key, string Mask)> _masks = [];

    private MaskLock() { }

    /// <summary>Conversations that are locked.</summary>
    public int Count => _masks.Count;

    /// <summary>Locks the masks of some files.</summary>
    /// <param name="data">Conversation files.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">How rows are made.</param>
    /// <exception cref="MttException">A file cannot be read.</exception>
    public static MaskLock Of(IReadOnlyList<string> data, string folder, RowOptions options)
    {
        MaskLock locked = new();
        RowModel model = locked.Fingerprint(folder, options);
        foreach (OwnConversation own in OwnConversations(data, model, options))
        {
            locked._masks.Add((Short(Encoding.UTF8.GetBytes(own.Key)), Mask(own)));
        }

        return locked;
    }

    /// <summary>Writes the lock.</summary>
    /// <exception cref="MttException">The file cannot be written.</exception>
    public void Write(string path)
    {
        using OutputFile file = OutputFile.Create(path, force: true);
        StringBuilder text = new(Head + "\n");
        foreach ((string name, string value) in _fingerprints)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
        }

        foreach ((string key, string mask) in _masks.Order())
        {
            text.Append(CultureInfo.InvariantCulture, $"{key} {mask}\n");
        }

        file.Stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
        file.Commit();
    }

    /// <summary>Compares the masks of some files with the locked ones.</summary>
    /// <param name="path">The lock.</param>
    /// <param name="data">Conversation files.</param>
    /// <param name="folder">The model's folder.</param>
    /// <param name="options">How rows are made.</param>
    /// <param name="allowed">Kinds and causes that do not count as found.</param>
    /// <exception cref="MttException">The lock or a file cannot be read.</exception>
    public static AuditReport Compare(
        string path,
        IReadOnlyList<string> data,
        string folder,
        RowOptions options,
        IReadOnlyList<string> allowed
    )
    {
        MaskLock locked = Read(path);
        MaskLock today = new();
        RowModel model = today.Fingerprint(folder, options);
        AuditCounts counts = new();
        foreach ((string name, string value) in locked._fingerprints)
        {
            if (today._fingerprints.GetValueOrDefault(name) is var now && now != value)
            {
                Add(
                    counts,
                    "fingerprint",
                    0,
                    () => new AuditExample("", 0, path, -1, $"{name} was {value}, and is {now ?? "not given"}", null)
                );
            }
        }

        ILookup<string, string> masks = locked._masks.ToLookup(
            entry => entry.Key,
            entry => entry.Mask,
            StringComparer.Ordinal
        );
        HashSet<string> met = new(StringComparer.Ordinal);
        foreach (OwnConversation own in OwnConversations(data, model, options))
        {
            counts.Conversations++;
            counts.Rows += own.Rows.Count;
            counts.Compared += own.Rows.Sum(row => row.Row.Length);
            counts.Supervised += own.Rows.Sum(row => row.Row.SupervisedTokens);
            string key = Short(Encoding.UTF8.GetBytes(own.Key));
            met.Add(key);
            string? code =
                !masks.Contains(key) ? "new"
                : masks[key].Contains(Mask(own)) ? null
                : "moved";
            if (code is null)
            {
                counts.RightRows += own.Rows.Count;
                counts.Right += own.Rows.Sum(row => row.Row.SupervisedTokens);
                continue;
            }

            Add(counts, code, own.Rows.Sum(row => row.Row.SupervisedTokens), () => Example(own, model));
        }

        foreach (IGrouping<string, string> gone in masks.Where(entry => !met.Contains(entry.Key)))
        {
            Add(counts, "gone", 0, () => new AuditExample("", 0, path, -1, gone.Key, null));
        }

        return new AuditReport($"{path}: {string.Join(", ", data)}", counts, allowed);
    }

    private static void Add(AuditCounts counts, string code, int tokens, Func<AuditExample> example) =>
        counts.Add(AuditCause.Of(AuditKind.Lock, code), tokens, 0, example);

    private static AuditExample Example(OwnConversation own, RowModel model)
    {
        if (own.Rows.Count == 0)
        {
            return new AuditExample(
                own.File,
                own.Line,
                "",
                -1,
                own.Refusals.Count > 0 ? own.Refusals[0].Text : "",
                null
            );
        }

        TokenRow row = own.Rows[0].Row;
        int first = Math.Max(0, Array.FindIndex(row.Labels, label => label != TokenRow.Unsupervised));
        Rows.AuditedRow seen = new(row.Id, row.InputIds, row.Labels, row.LossWeights);
        return new AuditExample(
            own.File,
            own.Line,
            "",
            -1,
            "its mask today:",
            ExampleView.Of(seen, own.Rows[0], first, model.Tokens.Table)
        );
    }

    private static IEnumerable<OwnConversation> OwnConversations(
        IReadOnlyList<string> data,
        RowModel model,
        RowOptions options
    ) =>
        OrderedPipeline
            .Run(
                DataBatch.Read(data),
                options.Threads ?? Environment.ProcessorCount,
                () => new RowBuilder(model, options),
                (builder, batch) => batch.Build(builder, options, model.Tokenizer).Select(built => built.Own).ToList()
            )
            .SelectMany(list => list);

    private RowModel Fingerprint(string folder, RowOptions options)
    {
        RowModel model = RowModel.Load(folder, options);
        ChatModel chat = model.Template.Chat;
        _fingerprints["template"] = ContentHash.Of(
            Encoding.UTF8.GetBytes(chat.Template.Source + chat.ToolTemplate?.Source)
        );
        _fingerprints["tokenizer"] = ContentHash.OfFile(Tokenizer.FileOf(folder)!);
        JsonFields described = options.Described();
        described["now"] = model.Template.PrintsDate ? Invariant($"{options.Now:yyyy-MM-dd}") : null;
        _fingerprints["options"] = Short(Encoding.UTF8.GetBytes(JsonText.AsciiLine(described)));
        return model;
    }

    /// <summary>The hash of all ids, labels and weights that a conversation gives; of the cause where it gives none.</summary>
    private static string Mask(OwnConversation own)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (TokenRow row in own.Rows.Select(own => own.Row))
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, row.Length);
            hash.AppendData(length);
            hash.AppendData(MemoryMarshal.AsBytes(row.InputIds.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(row.Labels.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes((row.LossWeights ?? []).AsSpan()));
        }

        foreach (RowFinding refusal in own.Refusals)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(refusal.Code));
        }

        return Base64Url.EncodeToString(hash.GetHashAndReset().AsSpan(0, HashBytes));
    }

    private static string Short(byte[] text) => Base64Url.EncodeToString(SHA256.HashData(text).AsSpan(0, HashBytes));

    private static MaskLock Read(string path)
    {
        MaskLock locked = new();
        string[] lines = InputFile.ReadText(path, "Write one: mtt mask DATA --model DIR --lock masks.lock").Split('\n');
        if (lines[0] != Head)
        {
            throw new MttException(
                $"{path}:1: is no lock of masks that this mtt reads",
                $"It begins with “{Head}”: write it again."
            );
        }

        for (int i = 1; i < lines.Length; i++)
        {
            string[] words = lines[i].Split(' ');
            if (lines[i].Length == 0)
            {
                continue;
            }

            if (words is ["template" or "tokenizer" or "options", _])
            {
                // A merge of two locks that differ keeps both lines: the last one stands, and the masks decide.
                locked._fingerprints[words[0]] = words[1];
            }
            else if (words is [{ Length: 11 }, { Length: 11 }])
            {
                locked._masks.Add((words[0], words[1]));
            }
            else
            {
                throw new MttException(
                    Invariant($"{path}:{i + 1}: is no line of a lock: {lines[i]}"),
                    "Resolve the merge so that both sides' lines stay, or write the lock again."
                );
            }
        }

        return locked;
    }
}
