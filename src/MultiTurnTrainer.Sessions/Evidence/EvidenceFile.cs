// Folder Evidence: files by which somebody who was not there can see how the state of a conversation was managed.
// Refuses to know: stores, commands.
namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>Writes evidence, entry by entry.</summary>
/// <param name="output">Where to; left open.</param>
public sealed class EvidenceFile(Stream output)
{
    private byte[] _hash = EvidenceChain.Begin;

    /// <summary>Entries so far.</summary>
    public long Count { get; private set; }

    /// <summary>Adds an entry.</summary>
    public void Add(JsonFields entry)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(JsonText.Line(entry));
        _hash = EvidenceChain.After(_hash, bytes);
        output.Write(EvidenceChain.Head(_hash));
        output.Write(bytes);
        output.Write("}\n"u8);
        Count++;
    }

    /// <summary>Ends it.</summary>
    /// <param name="key">Signs it; null for nobody.</param>
    public void Seal(ECDsa? key)
    {
        byte[]? signature = key?.SignData(EvidenceChain.Signed(Count, _hash), HashAlgorithmName.SHA256);
        output.Write(EvidenceChain.Seal(Count, _hash, key?.ExportSubjectPublicKeyInfo(), signature));
        output.WriteByte((byte)'\n');
    }
}
