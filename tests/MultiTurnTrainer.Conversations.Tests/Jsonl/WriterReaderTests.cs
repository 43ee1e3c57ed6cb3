using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Conversations.Tests.Jsonl;

public class WriterReaderTests
{
    /// <summary>What the writer writes, the reader reads back as it was.</summary>
    [Fact]
    public void Read_WhatWasWritten_IsEqual()
    {
        using TempFolder folder = new();
        Gen<string> texts = ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => Sound(text.Get));
        Gen<Conversation> rows = texts.ListOf().Where(list => list.Count > 0).Select(Row);
        int number = 0;
        Prop.ForAll(
                rows.NonEmptyListOf().ToArbitrary(),
                written =>
                {
                    string path = folder[$"{number++}.jsonl"];
                    using (FileStream stream = File.Create(path))
                    using (ConversationWriter writer = new(stream))
                    {
                        foreach (Conversation row in written)
                        {
                            writer.Write(row);
                        }
                    }

                    Conversation[] read = [.. ConversationReader.Read(path)];
                    return read.Length == written.Count
                        && read.Zip(written).All(pair => JsonView.DeepEquals(pair.First.Json, pair.Second.Json));
                }
            )
            .QuickCheckThrowOnFailure();
    }

    private static Conversation Row(IList<string> texts)
    {
        var messages = texts.Select((text, i) => new { role = i % 2 == 0 ? "user" : "assistant", content = text });
        return Conversation.FromJson(JsonText.ToView(new { messages, metadata = new { n = texts.Count } }));
    }

    private static string Sound(string text) =>
        System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
