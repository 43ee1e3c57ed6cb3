#:property PublishAot=false
// Makes the task family of the maigo-tiny experiment: table bookings with a deterministic answer.
//   dotnet run scripts/experiments/maigo-tiny/booking-tasks.cs -- OUTPUT_FOLDER [SEED]
//
// A booking has five details. FULL tells them in one prompt; the shards tell them one a turn, in any order, and one
// booking in four revises a detail at the end. The answer is one line with the five values in a fixed order, "?" for what
// is not known yet; the last word counts. The base model sees prompts with one answer, never a booking over turns.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

string folder = args.Length > 0 ? args[0] : throw new ArgumentException("name the output folder");
Random random = new(args.Length > 1 ? int.Parse(args[1]) : 1);
Directory.CreateDirectory(folder);

string[] names = "Anna Ben Clara David Emma Felix Grace Henry Ida Jonas Lena Max Nora Oscar".Split(' ');
string[] days = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".Split(' ');
string[] times = "noon one two six seven eight nine ten".Split(' ');
Slot[] slots =
[
    new(names, ["The name is {0}.", "It is for {0}.", "Put it under {0}."]),
    new(
        ["2", "3", "4", "5", "6", "7", "8", "9"],
        ["We are {0} people.", "It is a table for {0}.", "There will be {0} of us."]
    ),
    new(days, ["Make it {0}.", "On {0}, please.", "The day is {0}."]),
    new(times, ["At {0}.", "We come at {0}.", "The time is {0}."]),
    new(
        ["window", "garden", "bar", "corner", "terrace"],
        ["By the {0}.", "We want to sit at the {0}.", "The place is the {0}."]
    ),
];
string[] openings = ["Book a table.", "I need a table.", "Please reserve a table.", "A booking, please."];

// Evaluation, training and the base's prompts share no answer.
HashSet<string> held = [];
Booking[] evaluation = Draw(100);
Booking[] training = Draw(1200);
WriteLines("tasks-eval.jsonl", evaluation.Select(Task));
WriteLines("tasks-refine.jsonl", evaluation.Select(Refined));
WriteLines("tasks-train.jsonl", training.Select(Task));
WriteLines("base-train.jsonl", Draw(8000).Select(booking => Prompted(random.Next(4) == 0 ? Cut(booking) : booking)));

Booking[] Draw(int count)
{
    List<Booking> drawn = [];
    while (drawn.Count < count)
    {
        Booking booking = Invent();
        if (count == 8000 ? !held.Contains(booking.Answer) : held.Add(booking.Answer))
            drawn.Add(booking);
    }
    return [.. drawn];
}

Booking Invent()
{
    int[] order = [0, 1, 2, 3, 4];
    random.Shuffle(order);
    List<Detail> details = [.. order.Select(slot => Say(slot, Pick(slots[slot].Values)))];
    if (random.Next(4) == 0)
    {
        Detail right = details[0];
        details[0] = Other(right);
        details.Add(right with { Text = $"Sorry, I was wrong. {right.Text}" });
    }
    return new Booking(Pick(openings), [.. details]);
}

Booking Cut(Booking booking) => booking with { Details = booking.Details[..random.Next(booking.Details.Length)] };

Detail Say(int slot, string value) => new(slot, value, string.Format(Pick(slots[slot].Phrases), value));

Detail Other(Detail detail) =>
    Say(detail.Slot, Pick([.. slots[detail.Slot].Values.Where(value => value != detail.Value)]));

T Pick<T>(T[] list) => list[random.Next(list.Length)];

JsonObject Task(Booking booking, int index) =>
    new()
    {
        ["id"] = $"booking/{index}",
        ["family"] = "exact",
        ["question"] = string.Join(' ', booking.Shards),
        ["shards"] = new JsonArray([.. booking.Shards.Select(shard => (JsonNode)shard)]),
        ["answer"] = booking.Answer,
        ["wrong_answer"] = (booking with { Details = [.. booking.Details, Other(booking.Details[^1])] }).Answer,
    };

// The last two details that stand are told wrongly at first.
JsonObject Refined(Booking booking, int index)
{
    JsonObject task = Task(booking, index);
    task["shards"] = new JsonArray([.. booking.Shards.Select((shard, i) => Shard(i, shard))]);
    int last = booking.Details.Length - 1;
    task["modified_shard"] = new JsonArray([
        .. new[] { last - 1, last }.Select(i => Shard(i + 1, Other(booking.Details[i]).Text)),
    ]);
    return task;
}

JsonObject Shard(int index, string text) => new() { ["shard_id"] = index + 1, ["shard"] = text };

JsonObject Prompted(Booking booking) =>
    Conversation(
        booking,
        random.Next(4) switch
        {
            0 => [string.Join(' ', booking.Shards)],
            1 => [string.Join("\n", booking.Shards.Select(shard => $"- {shard}"))],
            2 => [string.Join("\n", booking.Shards)],
            _ => booking.Shards,
        }
    );

JsonObject Conversation(Booking booking, string[] user)
{
    JsonArray messages = [.. user.Select(text => new JsonObject { ["role"] = "user", ["content"] = text })];
    messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = booking.Answer });
    return new JsonObject { ["messages"] = messages };
}

void WriteLines(string name, IEnumerable<JsonObject> rows)
{
    JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    using StreamWriter writer = new(Path.Combine(folder, name));
    foreach (JsonObject row in rows)
        writer.Write(row.ToJsonString(plain) + "\n");
}

record Slot(string[] Values, string[] Phrases);

record Detail(int Slot, string Value, string Text);

record Booking(string Opening, Detail[] Details)
{
    public string[] Shards => [Opening, .. Details.Select(detail => detail.Text)];

    public string Answer =>
        "BOOK "
        + string.Join(
            ' ',
            Enumerable.Range(0, 5).Select(slot => Details.LastOrDefault(d => d.Slot == slot)?.Value ?? "?")
        );
}
